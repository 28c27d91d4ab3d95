import type { Params } from '../params.ts'

/** Of a terminal, in characters. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

const most = 1000

/** Reads a size and brings it into bounds. */
export function readSize(params: Params): Size {
  const bound = (value: number): number => Math.min(most, Math.max(1, Math.floor(value)))
  return { columns: bound(params.number('columns')), rows: bound(params.number('rows')) }
}
