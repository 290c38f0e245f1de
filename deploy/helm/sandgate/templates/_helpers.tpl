{{- define "sandgate.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: sandgate
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "sandgate.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* Name of the Secret with the keys, empty without keys. */}}
{{- define "sandgate.apiKeysSecret" -}}
{{- if eq .Values.auth.mode "apiKeys" -}}
{{- .Values.auth.apiKeys.existingSecret | default "sandgate-api-keys" -}}
{{- end -}}
{{- end }}

{{/* Configuration that gateway and router share, as a map. */}}
{{- define "sandgate.commonConfig" -}}
{{- if eq .Values.auth.mode "apiKeys" }}
auth: keys
apiKeys: /etc/sandgate/keys/keys.yaml
{{- else }}
auth: none
{{- end }}
{{- with .Values.userNamespaces }}
userNamespaces: {{ . | quote }}
{{- end }}
{{- with .Values.watchNamespace }}
watchNamespace: {{ . | quote }}
{{- end }}
drainTimeoutMs: {{ mul .Values.drainSeconds 1000 }}
{{- end }}

{{- define "sandgate.gatewayConfig" -}}
{{- $urls := list }}
{{- $service := printf "http://sandgate-gateway.%s" .Release.Namespace }}
{{- range list "" ".svc" ".svc.cluster.local" }}
{{- $urls = append $urls (print $service .) }}
{{- end }}
{{- if .Values.ingress.enabled }}
{{- range .Values.ingress.hosts }}
{{- $urls = append $urls (printf "%s://%s" (ternary "https" "http" (ne $.Values.ingress.tlsSecret "")) .) }}
{{- end }}
{{- end }}
{{- if .Values.httpRoute.enabled }}
{{- range .Values.httpRoute.hostnames }}
{{- $urls = concat $urls (list (printf "http://%s" .) (printf "https://%s" .)) }}
{{- end }}
{{- end }}
{{- $own := dict "host" "0.0.0.0" "port" 8080 "metricsPort" 9090 "publicUrl" (concat $urls .Values.publicUrls) }}
{{- mustMergeOverwrite $own (include "sandgate.commonConfig" . | fromYaml) (deepCopy .Values.config) | toYaml }}
{{- end }}

{{- define "sandgate.routerConfig" -}}
{{- /* The gateway's own listener answers the kubelet, which router clients do not see. */}}
{{- $own := dict "host" "0.0.0.0" "port" 8081 "routerPort" 8080 "metricsPort" 9090 }}
{{- mustMergeOverwrite $own (include "sandgate.commonConfig" . | fromYaml) (deepCopy .Values.config) | toYaml }}
{{- end }}
