{{/*
A Deployment of the gateway's program with its configuration.
  name, namespace, replicas; config: its configuration as text; labels: further labels of its pods, as text;
  ports: name to number; probe: name of the one that answers /readyz and /healthz
*/}}
{{- define "sandgate.deployment" -}}
{{- $values := .root.Values -}}
{{- $secret := include "sandgate.apiKeysSecret" .root -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "sandgate.labels" . | nindent 4 }}
data:
  config.yaml: |
    {{- .config | nindent 4 }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "sandgate.labels" . | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  selector:
    matchLabels:
      {{- include "sandgate.selector" . | nindent 6 }}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        {{- include "sandgate.labels" . | nindent 8 }}
        {{- with .labels }}
        {{- . | nindent 8 }}
        {{- end }}
      annotations:
        # A changed configuration starts new pods.
        sandgate.dev/config-sha256: {{ .config | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .name }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      # preStop, config.drainDelayMs, the drain, and a little.
      terminationGracePeriodSeconds: {{ add $values.drainSeconds 15 (div (int (get $values.config "drainDelayMs" | default 0)) 1000) }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
        {{- $selector := include "sandgate.selector" . }}
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      containers:
        - name: gateway
          image: {{ printf "%s:%s" $values.image.repository ($values.image.tag | default .root.Chart.AppVersion) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          args: [gateway]
          env:
            - name: SANDGATE_CONFIG
              value: /etc/sandgate/config/config.yaml
          ports:
            {{- range $name, $port := .ports }}
            - name: {{ $name }}
              containerPort: {{ $port }}
            {{- end }}
          readinessProbe:
            httpGet:
              path: /readyz
              port: {{ .probe }}
            periodSeconds: 2
            failureThreshold: 1
          livenessProbe:
            httpGet:
              path: /healthz
              port: {{ .probe }}
            periodSeconds: 10
          lifecycle:
            # Balancers learn of the end before the gateway takes no more connections.
            preStop:
              sleep:
                seconds: 10
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: config
              mountPath: /etc/sandgate/config
              readOnly: true
            {{- if $secret }}
            - name: api-keys
              mountPath: /etc/sandgate/keys
              readOnly: true
            {{- end }}
      volumes:
        - name: config
          configMap:
            name: {{ .name }}
        {{- if $secret }}
        - name: api-keys
          secret:
            secretName: {{ $secret }}
            defaultMode: 288 # 0440
            items:
              - key: keys.yaml
                path: keys.yaml
        {{- end }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "sandgate.labels" . | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "sandgate.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "sandgate.selector" . | nindent 6 }}
{{- end }}
