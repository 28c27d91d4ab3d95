/**
 * `index.html` as it is answered at a path. A page whose own addresses are relative is told where it begins, by as many
 * steps up as the path has folders: so it works below any prefix, whether a proxy takes that away or not, and nobody has
 * to know the prefix. A page with absolute addresses, or a `<base>` of its own, stays as it is.
 */
export function shellAt(html: string, path: string): string {
  const isRelative = /\s(?:src|href)\s*=\s*["']?\.\//i.test(html)
  if (!isRelative || /<base\b/i.test(html)) return html
  const depth = path.split('/').length - 2
  const start = depth > 0 ? '../'.repeat(depth) : './'
  return html.replace(/<head[^>]*>/i, head => `${head}<base href="${start}">`)
}
