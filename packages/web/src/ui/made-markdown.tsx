import { isValidElement, type ReactElement, type ReactNode } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { CopyButton } from './copy-button.tsx'
import { SafeLink } from './safe-link.tsx'

/** Characters of texts of which the elements are kept, so that rows which come into view again are not made again. */
const KEPT_CHARACTERS = 400_000

const components: Components = {
  a: ({ href = '', children }) => <SafeLink url={href}>{onlyText(children)}</SafeLink>,
  // No picture is ever loaded because a text says so: what it would be is written instead (S16).
  img: ({ src, alt = '' }) => (
    <SafeLink url={typeof src === 'string' ? src : ''}>{alt === '' ? 'picture' : `picture: ${alt}`}</SafeLink>
  ),
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
}
const plugins = [remarkGfm]
/** Links are judged by `SafeLink`, which also shows what it does not let through. */
const untouched = (url: string): string => url

const made = new Map<string, ReactElement>()
let keptCharacters = 0

/** The elements of markdown of somebody whom nobody vouches for: HTML in it is text, links are whole, pictures are not loaded. */
export function makeMarkdown(text: string): ReactElement {
  // It has no hooks and no state: as a function it gives elements that can be kept.
  return ReactMarkdown({ children: text, remarkPlugins: plugins, components, urlTransform: untouched })
}

/** The same, made once as long as it is kept. */
export function madeMarkdown(text: string): ReactElement {
  const known = made.get(text)
  const element = known ?? makeMarkdown(text)
  made.delete(text)
  made.set(text, element) // the one used last stands last
  if (known === undefined) keptCharacters += text.length
  for (const oldest of made.keys()) {
    if (keptCharacters <= KEPT_CHARACTERS) break
    made.delete(oldest)
    keptCharacters -= oldest.length
  }
  return element
}

/** Whether a text's elements are there already. */
export function isMade(text: string): boolean {
  return made.has(text)
}

function CodeBlock({ children }: { children: ReactNode }): ReactElement {
  const code = textOf(children).replace(/\n$/, '')
  return (
    <div className="group relative overflow-hidden rounded-lg border border-line bg-sunken">
      <pre className="quiet-scroll p-3 font-mono text-[0.8125rem] leading-relaxed">
        <code>{code}</code>
      </pre>
      <CopyButton
        text={code}
        className="absolute top-1 right-1 bg-sunken opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
      />
    </div>
  )
}

function onlyText(children: ReactNode): ReactNode {
  return Array.isArray(children) && children.length === 1 && typeof children[0] === 'string' ? children[0] : children
}

function textOf(node: ReactNode): string {
  if (typeof node === 'string') return node
  if (Array.isArray(node)) return node.map(textOf).join('')
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : ''
}
