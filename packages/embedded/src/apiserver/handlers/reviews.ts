import { ApiError, invalid } from "../server/api-error.ts";
import type { ResourceInfo } from "../server/request-info.ts";
import { KNOWN_USERS, type User } from "../tls/users.ts";

/** Asks who a token belongs to. */
export type TokenUser = (token: string) => User | undefined;

interface Review {
  spec?: {
    token?: string;
    user?: string;
    groups?: string[] | null;
    resourceAttributes?: { verb?: string } | null;
    nonResourceAttributes?: object | null;
    audiences?: string[] | null;
  };
}

type Answerer = (review: Review, user: User, tokenUser: TokenUser) => object;

/** Questions that are asked by a create and not stored, by `group/plural`. */
const REVIEWS: Readonly<Record<string, { kind: string; answer: Answerer }>> = {
  "authentication.k8s.io/selfsubjectreviews": {
    kind: "SelfSubjectReview",
    answer: (_review, user) => ({ userInfo: userInfo(user) }),
  },
  "authentication.k8s.io/tokenreviews": {
    kind: "TokenReview",
    answer: ({ spec }, _user, tokenUser) => {
      const user = tokenUser(spec?.token ?? "");
      if (user === undefined) return { authenticated: false, error: "the token is not known or has expired" };
      return { authenticated: true, user: userInfo(user), audiences: spec?.audiences ?? [] };
    },
  },
  "authorization.k8s.io/selfsubjectaccessreviews": {
    kind: "SelfSubjectAccessReview",
    answer: (review, user) => access(review, user.allowed),
  },
  "authorization.k8s.io/subjectaccessreviews": {
    kind: "SubjectAccessReview",
    answer: (review) => access(review, isAllowedSubject(review)),
  },
  "authorization.k8s.io/localsubjectaccessreviews": {
    kind: "LocalSubjectAccessReview",
    answer: (review) => access(review, isAllowedSubject(review)),
  },
  "authorization.k8s.io/selfsubjectrulesreviews": {
    kind: "SelfSubjectRulesReview",
    answer: (_review, user) => ({
      resourceRules: user.allowed ? [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] : [],
      nonResourceRules: user.allowed ? [{ verbs: ["*"], nonResourceURLs: ["*"] }] : [],
      incomplete: false,
    }),
  },
};

export function isReview({ group, version, plural }: ResourceInfo): boolean {
  return version === "v1" && Object.hasOwn(REVIEWS, `${group}/${plural}`);
}

/** The review with its answer in `status`. */
export function answerReview(
  resource: ResourceInfo,
  body: unknown,
  user: User,
  tokenUser: TokenUser,
): object {
  const row = REVIEWS[`${resource.group}/${resource.plural}`];
  if (row === undefined || typeof body !== "object" || body === null) {
    throw new ApiError("BadRequest", "the body is no review");
  }
  const review = body as Review;
  return {
    ...review,
    kind: row.kind,
    apiVersion: `${resource.group}/${resource.version}`,
    metadata: { ...(review as { metadata?: object }).metadata },
    status: row.answer(review, user, tokenUser),
  };
}

function access({ spec }: Review, allowed: boolean): object {
  const asked = [spec?.resourceAttributes, spec?.nonResourceAttributes].filter(
    (attributes) => attributes !== undefined && attributes !== null,
  );
  if (asked.length !== 1) {
    throw invalid({ group: "authorization.k8s.io", kind: "SubjectAccessReview" }, "", [
      {
        field: "spec.resourceAttributes",
        reason: "FieldValueInvalid",
        message:
          "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
      },
    ]);
  }
  if (spec?.resourceAttributes?.verb === "impersonate") {
    return { allowed: false, reason: "the embedded cluster has no impersonation" };
  }
  return allowed
    ? { allowed, reason: "a user of the embedded cluster may do everything" }
    : { allowed, reason: "the embedded cluster has no RBAC objects that could allow it" };
}

function isAllowedSubject({ spec }: Review): boolean {
  const named = Object.values(KNOWN_USERS).find((user) => user.name === spec?.user);
  return named?.allowed === true || (spec?.groups ?? []).includes("system:masters");
}

function userInfo({ name, uid, groups, extra }: User): object {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
}
