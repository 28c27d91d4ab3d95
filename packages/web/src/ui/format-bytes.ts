const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** A size as people say it: `940 bytes`, `12.4 KB`, `3.1 GB`; a KB has 1024 bytes, as in file managers. */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, '')} ${units[unit]}`
}
