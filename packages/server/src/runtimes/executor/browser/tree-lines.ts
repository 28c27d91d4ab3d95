import type { ElementIds } from './element-ids.ts'

/** An element of a page as assistive programs see it, in the form in which Playwright tells it. */
export interface TreeNode {
  readonly role?: string
  readonly name?: string
  readonly text?: string
  readonly ref?: string
  readonly active?: boolean
  readonly children?: readonly (TreeNode | string)[]
  readonly [property: string]: unknown
}

/** The properties of an element that a line tells, in this order. */
const told = [
  'level',
  'checked',
  'pressed',
  'selected',
  'expanded',
  'disabled',
  'invalid',
  'url',
  'placeholder',
] as const
const wordLimit = 300
/** Deeper elements are told at this depth. */
const indentLimit = 30

/**
 * The tree in lines such as `[12] button 'Send' disabled`, indented by depth, up to `limit` UTF-16 units; what is left
 * out then is counted in the last line. `focused` is the id of the element that has the keyboard, empty when none has.
 */
export function treeLines(
  roots: readonly (TreeNode | string)[],
  ids: Pick<ElementIds, 'idOf'>,
  limit: number,
): { tree: string; focused: string } {
  const lines: string[] = []
  let size = 0
  let left = 0
  let focused = ''
  // Not by recursion: a page decides how deep it is.
  const open: { readonly node: TreeNode | string; readonly depth: number }[] = []
  const push = (nodes: readonly (TreeNode | string)[], depth: number): void => {
    for (const node of nodes.toReversed()) open.push({ node, depth })
  }
  push(roots, 0)
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next
    const isRoot = depth === 0
    if (typeof node !== 'string' && node.active === true && !isRoot)
      focused = node.ref === undefined ? '' : ids.idOf(node.ref)
    if (left > 0) left++
    else {
      const words = typeof node === 'string' ? quoted(node) : lineOf(node, ids)
      const line = ' '.repeat(Math.min(depth, indentLimit)) + words
      size += line.length + 1
      if (size > limit) left++
      else lines.push(line)
    }
    if (typeof node !== 'string') push(node.children ?? [], depth + 1)
  }
  if (left > 0) lines.push(`[Cut here: ${left} more lines of the tree are not shown.]`)
  return { tree: lines.join('\n'), focused }
}

function lineOf(node: TreeNode, ids: Pick<ElementIds, 'idOf'>): string {
  const parts = [
    ...(node.ref === undefined ? [] : [`[${ids.idOf(node.ref)}]`]),
    node.role ?? 'generic',
    ...(node.name ? [quoted(node.name)] : []),
    ...told.flatMap(property => tell(property, node[property])),
    ...(node.active === true ? ['focused'] : []),
    ...(node['cursor'] === 'pointer' ? ['clickable'] : []),
    ...(node.text ? [`: ${quoted(node.text)}`] : []),
  ]
  return parts.join(' ').replaceAll(' : ', ': ')
}

function tell(property: string, value: unknown): string[] {
  if (value === true) return [property]
  if (typeof value === 'string' && value !== '') return [`${property}=${quoted(value)}`]
  return typeof value === 'number' ? [`${property}=${value}`] : []
}

function quoted(text: string): string {
  const short = text.length > wordLimit ? `${text.slice(0, wordLimit)}...` : text
  return `'${short.replace(/\s+/g, ' ').replaceAll("'", "\\'")}'`
}
