/**
 * Cuts markdown at blank lines outside of fenced code, so that text which grows at its end changes in its last block
 * alone. Lists with blank lines in them are cut too; while they are written that does no harm.
 */
export function blocksOf(markdown: string): readonly string[] {
  const blocks: string[] = []
  let lines: string[] = []
  let fence = ''
  for (const line of markdown.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? ''
    if (fence === '' && mark !== '') fence = mark
    else if (fence !== '' && mark.startsWith(fence) && line.trim() === mark) fence = ''
    if (line.trim() === '' && fence === '' && lines.length > 0) {
      blocks.push(lines.join('\n'))
      lines = []
    } else if (line.trim() !== '' || fence !== '') lines.push(line)
  }
  if (lines.length > 0) blocks.push(lines.join('\n'))
  return blocks
}
