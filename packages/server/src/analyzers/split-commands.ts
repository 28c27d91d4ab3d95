import type { Parse } from './bash-grammar.ts'

/** See `BashParser.splitCommands`. */
export function splitCommands(parse: Parse, text: string): string[] {
  if (text.trim() === '') return ['']
  const parsed = parse(text)
  if (!parsed.ok) return [text]
  const result: string[] = []
  let end = 0
  for (const node of parsed.root.children) {
    if (node.type === 'comment') continue
    const between = text.slice(end, node.startIndex)
    const last = result.length - 1
    if (last === -1) result.push(text.slice(node.startIndex, node.endIndex))
    else if (between.includes('\n')) {
      result[last] += between.trimEnd()
      result.push(text.slice(node.startIndex, node.endIndex))
    } else result[last] += between + text.slice(node.startIndex, node.endIndex)
    end = node.endIndex
  }
  parsed.free()
  if (result.length === 0) return [text.trim()]
  return result.map((command, index) => (index === result.length - 1 ? command + text.slice(end) : command).trimEnd())
}
