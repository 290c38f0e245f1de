/**
 * Which namespaces may claim a user's addresses.
 *
 * @param pattern - A namespace's name; `*` stands for any text, `{user}` for the user. Absent: every namespace.
 */
export function mayClaim(pattern: string | undefined, user: string, namespace: string): boolean {
  if (pattern === undefined) return true;
  const expression = pattern
    .split(/(\*|\{user\})/)
    .map((part) => (part === "*" ? ".*" : literal(part === "{user}" ? user : part)))
    .join("");
  return new RegExp(`^${expression}$`).test(namespace);
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
