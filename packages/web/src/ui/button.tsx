import type { ButtonHTMLAttributes, JSX, ReactNode, Ref } from 'react'
import { Icon, type IconName } from './icon.tsx'

type Kind = 'plain' | 'main' | 'quiet' | 'danger' | 'good'

const looks: Record<Kind, string> = {
  plain: 'border border-line bg-raised hover:border-strong-line',
  main: 'border border-transparent bg-accent text-on-accent hover:opacity-90',
  quiet: 'hover:bg-sunken text-muted hover:text-ink',
  danger: 'border border-bad/40 text-bad hover:bg-bad-soft',
  good: 'border border-transparent bg-good text-card hover:opacity-90',
}

type Rest = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children' | 'className'>

interface ButtonProps extends Rest {
  readonly kind?: Kind
  readonly icon?: IconName
  readonly children: ReactNode
  readonly small?: boolean
  readonly className?: string
}

/** A button with words. */
export function Button({ kind = 'plain', icon, children, small, className = '', ...rest }: ButtonProps): JSX.Element {
  const size = small ? 'h-7 px-2 text-xs gap-1' : 'h-9 px-3 text-sm gap-1.5'
  return (
    <button
      type="button"
      className={`inline-flex items-center justify-center rounded-lg font-medium whitespace-nowrap motion-safe:transition-colors disabled:opacity-50 ${size} ${looks[kind]} ${className}`}
      {...rest}
    >
      {icon && <Icon name={icon} className={small ? 'size-3.5' : 'size-4'} />}
      {children}
    </button>
  )
}

interface IconButtonProps extends Rest {
  readonly ref?: Ref<HTMLButtonElement>
  readonly icon: IconName
  /** Said to who does not see the drawing, and shown under the pointer. */
  readonly label: string
  readonly kind?: Kind
  readonly className?: string
}

/** A button with a drawing alone; 32 pixels, so that a finger finds it. */
export function IconButton({ icon, label, kind = 'quiet', className = '', ...rest }: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-lg motion-safe:transition-colors disabled:opacity-50 ${looks[kind]} ${className}`}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  )
}
