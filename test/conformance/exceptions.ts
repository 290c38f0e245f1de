/** Cases that cannot hold on our node. */
export const EMBEDDED_NODE_EXCEPTIONS = {
  "is never answered by another tenant's pod that has its address now":
    "the node gives out its range of 65,000 addresses in turn, so none is given again while the test runs",
} as const;
