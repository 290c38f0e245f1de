import type { Pod } from "@sandgate/contract";
import type { ResourceStrategy } from "../resource-definition.ts";
import { admitPod, defaultPod, keepAdmitted } from "./pod-defaults.ts";
import { qosClass } from "./pod-qos.ts";
import { validatePodUpdate } from "./pod-update.ts";
import { validatePod } from "./pod-validation.ts";
import { podWarnings } from "./pod-warnings.ts";

export const POD_STRATEGY: ResourceStrategy = {
  generation: true,
  defaults: defaultPod,
  prepareCreate(object) {
    admitPod(object);
    const pod = object as Pod;
    if (pod.spec === undefined) return;
    pod.status = { phase: "Pending", qosClass: qosClass(pod.spec) };
    if (Array.isArray(pod.spec.schedulingGates) && pod.spec.schedulingGates.length > 0) {
      pod.status.conditions = [
        {
          type: "PodScheduled",
          status: "False",
          reason: "SchedulingGated",
          message: "Scheduling is blocked due to non-empty scheduling gates",
          lastProbeTime: null,
          lastTransitionTime: null,
        },
      ];
    }
  },
  prepareUpdate: keepAdmitted,
  validate(object, previous) {
    return [...validatePod(object), ...(previous === undefined ? [] : validatePodUpdate(object, previous))];
  },
  warnings: podWarnings,
  gracePeriodSeconds(object, requested) {
    const { spec, status } = object as Pod;
    // A pod that no node has, or that is over, has nobody to wait for.
    if ((spec.nodeName ?? "") === "" || status?.phase === "Succeeded" || status?.phase === "Failed") return 0;
    const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
};
