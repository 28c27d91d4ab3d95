/** Pixels above and below what is in view that are drawn as well, so that scrolling finds something there. */
const REACH = 800
/** Rows on either side at most, however low they are. */
const MOST = 12

/** The rows in view, by their first and last index, of so many. */
interface InView {
  readonly startIndex: number
  readonly endIndex: number
  readonly count: number
}

/** Which rows to draw: by height and not by number, because one long answer may be a thousand nodes (P18). */
export function rowsAround({ startIndex, endIndex, count }: InView, heightOf: (index: number) => number): number[] {
  let first = startIndex
  let last = endIndex
  for (let reached = 0; first > 0 && reached < REACH && startIndex - first < MOST; ) reached += heightOf(--first)
  for (let reached = 0; last < count - 1 && reached < REACH && last - endIndex < MOST; ) reached += heightOf(++last)
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}
