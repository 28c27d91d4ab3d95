import type { BytePath } from './byte-path.ts'

/** What a checkpoint knows of a workspace that a tree of git cannot hold; sorted lists. */
export interface Manifest {
  readonly empty: readonly BytePath[]
  readonly secret: readonly BytePath[]
}

/** The same manifest gives the same text. */
export function formatManifest({ empty, secret }: Manifest): string {
  return JSON.stringify({ empty, secret })
}

/** Throws an `Error` for a text that is none. */
export function parseManifest(text: string): Manifest {
  const value: unknown = JSON.parse(text)
  if (typeof value === 'object' && value !== null && 'empty' in value && 'secret' in value) {
    const { empty, secret } = value
    if (isPaths(empty) && isPaths(secret)) return { empty, secret }
  }
  throw new Error('The list of folders of the checkpoint is damaged')
}

/** Nothing in it may lead out of the workspace. */
function isPaths(value: unknown): value is BytePath[] {
  return Array.isArray(value) && value.every(path => typeof path === 'string' && isInside(path))
}

/** Whether a path names something below the workspace. */
export function isInside(path: BytePath): boolean {
  return path.split('/').every(part => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'))
}
