/** A checkpoint's name: when it was taken, in milliseconds, and something that makes it unlike others. */
const pattern = /^(\d{15})-[0-9a-f]{6}$/

/** `chance` is from 0 up to 1. */
export function makeId(taken: number, chance: number): string {
  const suffix = Math.floor(chance * 0x1000000)
  return `${String(taken).padStart(15, '0')}-${suffix.toString(16).padStart(6, '0')}`
}

/** Milliseconds since 1970; undefined for what is no id. */
export function takenAt(id: string): number | undefined {
  const digits = pattern.exec(id)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
