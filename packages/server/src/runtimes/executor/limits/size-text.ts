const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A number of bytes as people say it, in the largest unit that leaves at least one. */
export function sizeText(bytes: number): string {
  let [value, at] = [bytes, 0]
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024
    at++
  }
  return `${Number(value.toFixed(1))} ${units[at] ?? ''}`
}
