import { type JSX, type ReactNode, useEffect, useRef, useState } from 'react'
import { text } from '../text.ts'
import { Icon } from './icon.tsx'

interface SideScrollProps {
  /** Of what scrolls. */
  readonly className?: string
  /** Of what is around it, which is as wide as there is room. */
  readonly around?: string
  /** Whose edges fade into it. */
  readonly ground?: 'card' | 'sunken' | 'paper'
  readonly children: ReactNode
}

const grounds = { card: 'from-card', sunken: 'from-sunken', paper: 'from-paper' } as const

/**
 * What may be wider than its place: where something is out of sight at a side, that edge fades and has a button that
 * brings it in. The keyboard needs neither, so they are hidden from it: what takes the focus comes into sight.
 */
export function SideScroll({ className = '', around = '', ground = 'card', children }: SideScrollProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null)
  const { left, right } = useHidden(scroller)
  const move = (by: -1 | 1): void => {
    const box = scroller.current
    box?.scrollBy({ left: by * box.clientWidth * 0.7, behavior: calm() ? 'auto' : 'smooth' })
  }
  return (
    <div className={`relative flex min-h-0 min-w-0 ${around}`}>
      <div ref={scroller} className={`quiet-scroll min-w-0 flex-1 ${className}`}>
        {children}
      </div>
      {left && <Edge side="left" ground={grounds[ground]} onMove={() => move(-1)} />}
      {right && <Edge side="right" ground={grounds[ground]} onMove={() => move(1)} />}
    </div>
  )
}

function Edge({ side, ground, onMove }: { side: 'left' | 'right'; ground: string; onMove: () => void }): JSX.Element {
  const place = side === 'left' ? 'left-0 bg-linear-to-r justify-start' : 'right-0 bg-linear-to-l justify-end'
  return (
    <div
      aria-hidden="true"
      className={`pointer-events-none absolute inset-y-0 flex w-12 items-center ${place} ${ground} from-30% to-transparent`}
    >
      <button
        type="button"
        tabIndex={-1}
        title={side === 'left' ? text.common.moreLeft : text.common.moreRight}
        className="pointer-events-auto mx-1 flex size-6 items-center justify-center rounded-full border border-line bg-raised text-muted shadow-sm hover:text-ink"
        onClick={onMove}
      >
        <Icon name="chevron" className={`size-3.5 ${side === 'left' ? 'rotate-180' : ''}`} />
      </button>
    </div>
  )
}

const nothing = { left: false, right: false }

/** At which sides something is out of sight. */
function useHidden(ref: { readonly current: HTMLElement | null }): typeof nothing {
  const [hidden, setHidden] = useState(nothing)
  useEffect(() => {
    const box = ref.current
    if (!box) return undefined
    const look = (): void => {
      const rest = box.scrollWidth - box.clientWidth
      const left = box.scrollLeft > 1
      const right = rest - box.scrollLeft > 1
      setHidden(before => (before.left === left && before.right === right ? before : { left, right }))
    }
    const sizes = new ResizeObserver(look)
    const observe = (): void => {
      sizes.disconnect()
      sizes.observe(box)
      for (const child of box.children) sizes.observe(child)
    }
    const parts = new MutationObserver(observe)
    observe()
    parts.observe(box, { childList: true })
    box.addEventListener('scroll', look, { passive: true })
    return () => {
      sizes.disconnect()
      parts.disconnect()
      box.removeEventListener('scroll', look)
    }
  }, [ref])
  return hidden
}

function calm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
