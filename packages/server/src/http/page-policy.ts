import { createHash } from 'node:crypto'

export interface PagePolicyParts {
  /** The page itself, in which scripts may stand. */
  readonly html: string
  /** Its scripts, where it is somebody else's: what they load from elsewhere is read out of them. */
  readonly foreignScripts?: readonly string[]
  /** Other servers that the scripts of a foreign page ask themselves. */
  readonly foreignHosts?: readonly string[]
}

/**
 * What a page may load and do, as a Content-Security-Policy but for the origins of previews, which it may show in frames:
 * they are told later. Scripts are those of this server, and those that stand in the
 * page, by their hash. A page that is not ours (a genuine OpenHands build) also gets pictures of any host, the hosts that
 * it asks, and the release of the Monaco editor that its scripts name.
 */
export function pagePolicy({
  html,
  foreignScripts,
  foreignHosts = [],
}: PagePolicyParts): (frames: readonly string[]) => string {
  const isForeign = foreignScripts !== undefined
  const editor = editorReleases(foreignScripts ?? [])
  const directives: readonly (readonly string[])[] = [
    ['default-src', "'none'"],
    ['script-src', "'self'", ...inlineHashes(html), ...editor],
    // Editors and terminals set styles as they go; they read nothing and send nothing.
    ['style-src', "'self'", "'unsafe-inline'", ...editor],
    ['img-src', "'self'", 'data:', 'blob:', ...(isForeign ? ['https:'] : [])],
    ['font-src', "'self'", 'data:', ...editor],
    ['media-src', "'self'", 'data:', 'blob:'],
    ['connect-src', "'self'", ...(isForeign ? foreignHosts : []), ...editor],
    ['worker-src', "'self'", 'blob:'],
    ['manifest-src', "'self'"],
    ['frame-ancestors', "'none'"],
    ['base-uri', "'self'"],
    ['form-action', "'self'"],
  ]
  const policy = directives.map(words => words.join(' ')).join('; ')
  return frames => `${policy}; frame-src ${frames.join(' ') || "'none'"}`
}

/** Of every script that stands in the page itself, as browsers compute it: over what HTML makes of line ends. */
function inlineHashes(html: string): readonly string[] {
  const scripts = html.replaceAll(/\r\n?/g, '\n').matchAll(/<script(?![^>]*\ssrc\s*=)[^>]*>([\s\S]*?)<\/script\s*>/gi)
  return [...new Set([...scripts].map(([, text = '']) => text))]
    .filter(text => text !== '')
    .map(text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
}

/** Folders of one release each; a policy takes a path that ends with a slash as everything below it. */
function editorReleases(scripts: readonly string[]): readonly string[] {
  const found = scripts.flatMap(script => [
    ...script.matchAll(/https:\/\/cdn\.jsdelivr\.net\/npm\/monaco-editor@\d+\.\d+\.\d+\//g),
  ])
  return [...new Set(found.map(([release]) => release))]
}
