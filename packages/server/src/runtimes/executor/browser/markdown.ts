import TurndownService from 'turndown'

/** What is used here of the elements that the converter shows. */
interface Element {
  readonly nodeName: string
  readonly isBlock: boolean
  readonly parentNode: Element | null
  readonly previousElementSibling: Element | null
  readonly childNodes: ArrayLike<Element>
  getAttribute(name: string): string | null
}

/** What is never text for a reader. */
const unread: ReadonlySet<string> = new Set([
  ...['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'TITLE', 'IFRAME', 'OBJECT', 'CANVAS', 'INPUT', 'SELECT'],
  ...['TEXTAREA', 'SVG', 'svg', 'DATALIST', 'AUDIO', 'VIDEO'],
])
/** A page with fewer UTF-16 units of content of its own is given whole, with navigation and footers. */
const contentFloor = 200
const linkable = /^(?:https?|mailto|file):/i

/**
 * The readable text of a page as markdown: what is in its `main` element, or everything but navigation and footers;
 * links absolute. Throws `RangeError` for elements nested too deeply to be read.
 */
export function toMarkdown(html: string, base: string): string {
  const contents: string[] = []
  const rest = converter(base, contents).turndown(html)
  const content = contents.length > 0 ? contents.join('\n\n').trim() : rest
  return content.length >= contentFloor ? content : converter(base).turndown(html)
}

/** The converter brings a document of its own; which global types its declarations mean depends on who else is loaded. */
function elementOf(node: unknown): Element {
  return node as Element // it has all that is named above
}

/** With `contents`, navigation and footers are left out and what is in `main` elements is collected there. */
function converter(base: string, contents?: string[]): TurndownService {
  const service = new TurndownService({
    headingStyle: 'atx',
    codeBlockStyle: 'fenced',
    bulletListMarker: '-',
    emDelimiter: '*',
    blankReplacement: (_text, node) => blank(elementOf(node)),
  })
  // It is read as text, by a model; what looks like markdown in a page would only grow backslashes.
  service.escape = text => text
  const add = (
    name: string,
    fits: (node: Element) => boolean,
    write: (text: string, node: Element) => string,
  ): void => {
    service.addRule(name, {
      filter: node => fits(elementOf(node)),
      replacement: (text, node) => write(text, elementOf(node)),
    })
  }
  add(
    'link',
    ({ nodeName }) => nodeName === 'A',
    (text, node) => link(text, node, base),
  )
  add(
    'image',
    ({ nodeName }) => nodeName === 'IMG',
    (_text, node) => image(node),
  )
  add(
    'cell',
    isCell,
    text =>
      ` ${text
        .trim()
        .replace(/\s*\n\s*/g, ' ')
        .replaceAll('|', '\\|')} |`,
  )
  add('row', ({ nodeName }) => nodeName === 'TR', row)
  add(
    'rows',
    ({ nodeName }) => /^T(?:HEAD|BODY|FOOT)$/.test(nodeName),
    text => text,
  )
  add(
    'table',
    ({ nodeName }) => nodeName === 'TABLE',
    text => `\n\n${text.trim()}\n\n`,
  )
  if (contents !== undefined) {
    add(
      'around',
      node => isAny(node, ['NAV', 'FOOTER'], ['navigation', 'contentinfo']),
      () => '',
    )
    add(
      'main',
      node => isAny(node, ['MAIN'], ['main']),
      text => {
        contents.push(text)
        return `\n\n${text}\n\n`
      },
    )
  }
  // The rule that is added last is asked first.
  add('unread', isUnread, () => '')
  return service
}

function isUnread(node: Element): boolean {
  if (unread.has(node.nodeName) || node.getAttribute('hidden') !== null) return true
  return /(?:^|;)\s*display\s*:\s*none/i.test(node.getAttribute('style') ?? '')
}

function isAny(node: Element, names: readonly string[], roles: readonly string[]): boolean {
  return names.includes(node.nodeName) || roles.includes(node.getAttribute('role') ?? '')
}

function isCell({ nodeName }: Element): boolean {
  return nodeName === 'TD' || nodeName === 'TH'
}

/** An empty cell still counts as one. */
function blank(node: Element): string {
  if (isCell(node)) return '  |'
  if (node.nodeName === 'IMG') return image(node)
  return node.isBlock ? '\n\n' : ''
}

function link(text: string, node: Element, base: string): string {
  const words = text.trim().replace(/\s*\n\s*/g, ' ')
  const target = URL.parse(node.getAttribute('href') ?? '', base)?.href
  if (words === '' || node.getAttribute('href') === null || target === undefined || !linkable.test(target)) return text
  return `[${words}](${target})`
}

function image(node: Element): string {
  const alternative = node.getAttribute('alt')?.trim() ?? ''
  return alternative === '' ? '' : `[image: ${alternative}]`
}

/** A line of a table; the first has the line below that makes it one. */
function row(text: string, node: Element): string {
  const group = node.parentNode
  const isFirst =
    node.previousElementSibling === null && (group?.nodeName === 'TABLE' || group?.previousElementSibling == null)
  const cells = Array.from(node.childNodes).filter(isCell).length
  return `|${text.replaceAll('\n', '')}\n${isFirst ? `|${' --- |'.repeat(cells)}\n` : ''}`
}
