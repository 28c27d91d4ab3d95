/** Numbers of a scrape by `name{label="value",…}`, labels in the order in which they were sent. */
export function readMetrics(text: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_]\w*(?:\{[^\n]*\})?) (\S+)$/i.exec(line) ?? []
    if (name !== undefined) numbers.set(name, Number(value))
    else if (line !== '' && !line.startsWith('#')) throw new Error(`not a line of Prometheus: ${line}`)
  }
  return numbers
}
