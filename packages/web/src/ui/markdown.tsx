import { type JSX, memo, useEffect, useMemo, useRef, useState } from 'react'
import { blocksOf, GrowingBlocks } from './blocks.ts'
import { ClippedText } from './clipped-text.tsx'
import { isMade, madeMarkdown, makeMarkdown } from './made-markdown.tsx'

/** Longer texts are shown as they are, clipped: nobody reads them through, and making markdown of them takes seconds. */
const MOST_CHARACTERS = 100_000
/** Longer ones are made block by block, with time between for everything else that the page has to do (P18). */
const LONG_CHARACTERS = 12_000
/** Characters of blocks that are made at a time; for those that are kept this counts a tenth. */
const SLICE = 6_000
/** How much longer than while it grows a block may be in a text that is complete. */
const COMPLETE = 4

/** A block that has been in view and is not any more keeps its height, and nothing else is reckoned of it. */
const UNSEEN = 'prose [content-visibility:auto] [contain-intrinsic-height:auto_10rem]'

/** Markdown of somebody whom nobody vouches for: HTML in it is text, links are whole, pictures are not loaded. */
export const Markdown = memo(function Markdown({ text }: { text: string }): JSX.Element {
  if (text.length > MOST_CHARACTERS) return <ClippedText text={text} lines={40} />
  return text.length > LONG_CHARACTERS ? <LongMarkdown text={text} /> : madeMarkdown(text)
})

function LongMarkdown({ text }: { text: string }): JSX.Element {
  const blocks = useMemo(() => blocksOf(text, COMPLETE), [text])
  return <Blocks blocks={blocks} />
}

/** Markdown that is still being written: only its last block is made anew with each word. */
export function StreamingMarkdown({ text }: { text: string }): JSX.Element {
  const growing = useRef<GrowingBlocks>(undefined)
  growing.current ??= new GrowingBlocks()
  return <Blocks blocks={growing.current.of(text)} grows />
}

/** Some blocks more with each drawing; what is not made yet is there as it was written. */
function Blocks({ blocks, grows = false }: { blocks: readonly string[]; grows?: boolean }): JSX.Element {
  const made = useRef(0)
  const [, setTurn] = useState(0)
  const count = nextCount(blocks, Math.min(made.current, blocks.length))
  made.current = count
  useEffect(() => {
    if (count >= blocks.length) return undefined
    const timer = setTimeout(() => setTurn(turn => turn + 1))
    return () => clearTimeout(timer)
  }, [blocks, count])
  const open = grows ? blocks.length - 1 : -1
  return (
    <div className="prose">
      {blocks.slice(0, count).map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end
        <div key={index} className={grows && index !== open ? UNSEEN : 'prose'}>
          {index === open ? <OpenBlock text={block} /> : <Block text={block} />}
        </div>
      ))}
      {count < blocks.length && <p className="whitespace-pre-wrap">{blocks.slice(count).join('\n\n')}</p>}
    </div>
  )
}

const Block = memo(function Block({ text }: { text: string }): JSX.Element {
  return madeMarkdown(text)
})

/** It changes with the next word: it is not kept. */
const OpenBlock = memo(function OpenBlock({ text }: { text: string }): JSX.Element {
  return makeMarkdown(text)
})

/** How many blocks stand there after the next slice. */
function nextCount(blocks: readonly string[], before: number): number {
  let count = before
  for (let size = 0; count < blocks.length && size < SLICE; count++) {
    const block = blocks[count] ?? ''
    size += isMade(block) ? block.length / 10 : block.length
  }
  return count
}
