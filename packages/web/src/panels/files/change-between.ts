import type { Text } from '@codemirror/state'

/** What makes one text another: one change around everything that differs, so that the place of the reader stays. */
export function changeBetween(
  before: Text,
  after: Text,
): { readonly from: number; readonly to: number; readonly insert: Text } | undefined {
  if (before.eq(after)) return undefined
  const a = before.toString()
  const b = after.toString()
  const most = Math.min(a.length, b.length)
  let head = 0
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head++
  let tail = 0
  while (tail < most - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++
  return { from: head, to: a.length - tail, insert: after.slice(head, b.length - tail) }
}
