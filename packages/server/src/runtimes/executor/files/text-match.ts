/** Where a text was found, as offsets into the original. */
export interface Span {
  readonly start: number
  readonly end: number
  /** The line in which it begins, from 1. */
  readonly line: number
}

/** Places that are looked for before a search gives up counting. */
const matchLimit = 1000

/** Every place, overlapping ones too, where `wanted` stands in `text`; line ends count as equal whatever their bytes. */
export function findAll(text: string, wanted: string): Span[] {
  const breaks = lineBreaks(text)
  const plain = text.replaceAll('\r\n', '\n')
  const sought = breaks.length > 0 ? wanted.replaceAll('\r\n', '\n') : wanted
  const found: Span[] = []
  let line = 1
  let counted = 0
  for (let at = plain.indexOf(sought); at >= 0 && found.length < matchLimit; at = plain.indexOf(sought, at + 1)) {
    for (; counted < at; counted++) if (plain.charCodeAt(counted) === 10) line++
    found.push({ start: at + below(breaks, at), end: at + sought.length + below(breaks, at + sought.length), line })
  }
  return found
}

/** `text` with the line ends that the file has around `span`, where the file has any of two bytes. */
export function fitLineEnds(text: string, file: string, span: Pick<Span, 'start' | 'end'>): string {
  if (!file.includes('\r\n')) return text
  const inside = /\r?\n/.exec(file.slice(span.start, span.end))?.[0]
  const after = /\r?\n/.exec(file.slice(span.end))?.[0]
  const before = file.lastIndexOf('\n', span.start - 1)
  const end = inside ?? after ?? (before > 0 && file[before - 1] === '\r' ? '\r\n' : '\n')
  return text.replaceAll('\r\n', '\n').replaceAll('\n', end)
}

/** For each line break of two bytes, where it is once all are counted as one. */
function lineBreaks(text: string): number[] {
  const breaks: number[] = []
  for (let at = text.indexOf('\r\n'); at >= 0; at = text.indexOf('\r\n', at + 2)) breaks.push(at - breaks.length)
  return breaks
}

/** How many of the ascending numbers are smaller than `limit`. */
function below(numbers: readonly number[], limit: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? 0) < limit) low = middle + 1
    else high = middle
  }
  return low
}
