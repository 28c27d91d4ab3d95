import { isValidElement, type JSX, memo, type ReactNode } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { blocksOf } from './blocks.ts'
import { CopyButton } from './copy-button.tsx'
import { SafeLink } from './safe-link.tsx'

/** Longer texts are shown as they are: making markdown of them would hold the page up. */
const MOST_CHARACTERS = 100_000

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

/** Markdown of somebody whom nobody vouches for: HTML in it is text, links are whole, pictures are not loaded. */
export const Markdown = memo(function Markdown({ text }: { text: string }): JSX.Element {
  if (text.length > MOST_CHARACTERS) return <pre className="font-sans break-words whitespace-pre-wrap">{text}</pre>
  return (
    <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={untouched}>
      {text}
    </ReactMarkdown>
  )
})

/** Markdown that is still being written: only its last block is made anew with each word. */
export function StreamingMarkdown({ text }: { text: string }): JSX.Element {
  return (
    <div className="prose">
      {blocksOf(text).map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end
        <div key={index} className="prose">
          <Markdown text={block} />
        </div>
      ))}
    </div>
  )
}

function CodeBlock({ children }: { children: ReactNode }): JSX.Element {
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
