/** Marks a branch that the types rule out; the compiler complains at the call when a union grew a member. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
