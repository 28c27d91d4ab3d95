import { statfs } from 'node:fs/promises'

/** Files that must be left to be made, on disks that count them. */
const reserveFiles = 10_000

/** How much room the disk of a folder has. */
export interface FreeDisk {
  readonly bytes: number
  readonly files: number
}

/** What is free for programs without special rights; all there could be where the disk does not say. */
export async function freeDisk(folder: string): Promise<FreeDisk> {
  const stats = await statfs(folder).catch(() => undefined)
  if (stats === undefined) return { bytes: Number.POSITIVE_INFINITY, files: Number.POSITIVE_INFINITY }
  // A disk that makes room for files as they come has no number of them.
  return { bytes: stats.bavail * stats.bsize, files: stats.files === 0 ? Number.POSITIVE_INFINITY : stats.ffree }
}

/** The share of what is to stay free that is still there: 1 or more while all is well. */
export function shareLeft(free: FreeDisk, reserveBytes: number): number {
  const bytes = reserveBytes <= 0 ? Number.POSITIVE_INFINITY : free.bytes / reserveBytes
  return Math.min(bytes, free.files / reserveFiles)
}
