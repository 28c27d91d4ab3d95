import type { BigIntStats } from 'node:fs'

/** A text that differs once the file has been changed or replaced; made of its number, size and times. */
export function versionOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].map(value => value.toString(36)).join('-')
}
