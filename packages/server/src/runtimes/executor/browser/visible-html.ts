/** What is used here of the nodes of a page. */
interface PageNode {
  readonly nodeType: number
  readonly tagName: string
  readonly textContent: string | null
  readonly childNodes: Iterable<PageNode>
  readonly shadowRoot: PageNode | null
  readonly href?: unknown
  getAttribute(name: string): string | null
  assignedNodes?(): readonly PageNode[]
}
declare const document: { readonly body: PageNode | null }
declare function getComputedStyle(node: PageNode): { readonly display: string; readonly visibility: string }

/**
 * Runs in a page: what a person could read of it as simple HTML, shadow trees included, up to `limit` UTF-16 units.
 * It is sent there as source text, and so uses nothing from outside of itself.
 */
export function visibleHtml(limit: number): string {
  const kept = new Set(
    'a,article,aside,b,blockquote,br,code,dd,del,div,dl,dt,em,footer,h1,h2,h3,h4,h5,h6,header,hr,i,li,main,nav,ol,p,pre,section,strong,table,tbody,td,tfoot,th,thead,tr,ul'.split(
      ',',
    ),
  )
  const passed = new Set(
    'script,style,noscript,template,head,svg,canvas,iframe,object,embed,input,select,textarea,datalist,audio,video'.split(
      ',',
    ),
  )
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  const safe = (text: string): string => text.replace(/[&<>"]/g, sign => signs[sign] ?? sign)
  const pieces: string[] = []
  let size = 0
  const put = (piece: string): void => {
    pieces.push(piece)
    size += piece.length
  }
  const attributes = (node: PageNode, tag: string): string => {
    const shown = (name: string, value: string | null): string =>
      value === null ? '' : ` ${name}="${safe(value.slice(0, 2000))}"`
    if (tag === 'a') return typeof node.href === 'string' ? shown('href', node.href) : ''
    if (tag === 'ol') return shown('start', node.getAttribute('start'))
    if (tag === 'code') return shown('class', node.getAttribute('class'))
    return shown('role', node.getAttribute('role'))
  }
  const walk = (node: PageNode, isSeen: boolean, depth: number): void => {
    if (size > limit || depth > 500) return
    if (node.nodeType === 3) {
      if (isSeen) put(safe((node.textContent ?? '').slice(0, limit)))
      return
    }
    if (node.nodeType !== 1) return
    const tag = String(node.tagName).toLowerCase()
    const style = getComputedStyle(node)
    if (passed.has(tag) || style.display === 'none') return
    const isVisible = style.visibility === 'visible'
    if (tag === 'img') {
      if (isVisible) put(`<img alt="${safe(node.getAttribute('alt') ?? '')}">`)
      return
    }
    const isBlock = !/^(?:inline|contents|ruby)/.test(style.display)
    const name = kept.has(tag) ? tag : isBlock ? 'div' : ''
    if (name !== '') put(`<${name}${attributes(node, tag)}>`)
    const assigned = tag === 'slot' ? node.assignedNodes?.() : undefined
    const inner = node.shadowRoot?.childNodes ?? (assigned?.length ? assigned : node.childNodes)
    for (const child of inner) walk(child, isVisible, depth + 1)
    if (name !== '' && name !== 'br' && name !== 'hr') put(`</${name}>`)
  }
  if (document.body !== null) walk(document.body, true, 0)
  if (size > limit) put('<p>[Cut here: the rest of the page is not shown.]</p>')
  return pieces.join('')
}
