// The file `cel.cjs` of the bundle.
export * from "@bufbuild/cel";
export { strings } from "@bufbuild/cel/ext";
