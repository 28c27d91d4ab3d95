/**
 * Takes the path under which a proxy shows the server off a request target, where the proxy leaves it on: `/a/b/ws` is
 * `/ws`. A target without it stays: who comes directly does not know it. `base` begins with a slash and ends with none.
 */
export function withoutBase(target: string, base: string): string {
  if (base === '' || !target.startsWith(base)) return target
  const rest = target.slice(base.length)
  if (rest === '' || rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : target
}

/** Where to go from the base itself without its slash, from where relative addresses would lead elsewhere. */
export function slashMissing(target: string, base: string): string | undefined {
  const [path = '', query] = target.split(/\?(.*)/s, 2)
  if (base === '' || path !== base) return undefined
  return `./${base.slice(base.lastIndexOf('/') + 1)}/${query === undefined ? '' : `?${query}`}`
}
