/** How often each name stands in a text where it is not read as `$name` or `${name}`; none when text may be run. */
export function settingsIn(text: string): ReadonlyMap<string, number> {
  const settings = new Map<string, number>()
  if (/\b(eval|source)\b|(^|[;&|\s])\.\s/.test(text)) return settings
  for (const { 0: name, index } of text.matchAll(/(?<!\w)[A-Za-z_]\w*/g)) {
    const before = text.slice(Math.max(0, index - 2), index)
    const isRead = before.endsWith('$') || (before === '${' && text[index + name.length] === '}')
    if (!isRead) settings.set(name, (settings.get(name) ?? 0) + 1)
  }
  return settings
}
