/** Thrown where the agent or the user should read why something was not done; nothing has been changed then. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

const reasons: ReadonlyMap<string, (path: string) => string> = new Map([
  ['EACCES', path => `Permission denied: ${path}.`],
  ['EPERM', path => `Permission denied: ${path}.`],
  ['EROFS', path => `Permission denied: ${path} cannot be written in this sandbox.`],
  ['ENOSPC', path => `No space left for ${path}.`],
  ['EDQUOT', path => `No space left for ${path}.`],
  ['ENOTDIR', path => `Not a folder on the way to ${path}.`],
  ['ELOOP', path => `Too many links on the way to ${path}.`],
  ['ENAMETOOLONG', path => `The name is too long: ${path.slice(0, 300)}.`],
  ['ENXIO', path => `Not a regular file: ${path}.`],
])

/** The refusal that an error of the file system means to the user; other errors are given back as they are. */
export function explain(error: unknown, path: string, workspace: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return new Refusal(`File not found: ${path}. Your current working directory is ${workspace}.`)
  const reason = typeof code === 'string' ? reasons.get(code) : undefined
  return reason === undefined ? error : new Refusal(reason(path), { cause: error })
}
