import type { BoardEntry, BoardMessage } from '@openhands/protocol'
import { useSyncExternalStore } from 'react'
import { followBoard } from '../api/board.ts'

/** The board of all sessions, as far as the server tells of them. */
export interface Board {
  /** Newest change first. */
  readonly sessions: readonly BoardEntry[]
  /** How many there are; more than are listed where they are many. */
  readonly total: number
  readonly link: 'connecting' | 'open' | 'lost'
}

const nothingYet: Board = { sessions: [], total: 0, link: 'connecting' }

/** The board after a message. */
export function withMessage(board: Board, message: BoardMessage): Board {
  switch (message.type) {
    case 'snapshot':
      return { ...board, sessions: message.sessions, total: message.total }
    case 'changed': {
      const { session } = message
      const others = board.sessions.filter(each => each.conversation_id !== session.conversation_id)
      const isNew = others.length === board.sessions.length
      const sessions = [session, ...others].sort((a, b) => (a.updated < b.updated ? 1 : a.updated > b.updated ? -1 : 0))
      return { ...board, sessions, total: board.total + (isNew ? 1 : 0) }
    }
    case 'deleted': {
      const sessions = board.sessions.filter(each => each.conversation_id !== message.conversation_id)
      return { ...board, sessions, total: Math.max(sessions.length, board.total - 1) }
    }
  }
}

/** Follows the board as long as anybody looks at it. */
class BoardStore {
  #board = nothingYet
  readonly #listeners = new Set<() => void>()
  #ending: AbortController | undefined

  get board(): Board {
    return this.#board
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#ending ??= this.#follow()
    return () => {
      this.#listeners.delete(listener)
      // A view that goes is mostly followed by one that comes.
      setTimeout(() => {
        if (this.#listeners.size > 0) return
        this.#ending?.abort()
        this.#ending = undefined
      }, 1_000)
    }
  }

  #follow(): AbortController {
    const ending = new AbortController()
    const set = (board: Board): void => {
      if (ending.signal.aborted) return
      this.#board = board
      for (const listener of this.#listeners) listener()
    }
    followBoard(
      ending.signal,
      message => set(withMessage(this.#board, message)),
      link => set({ ...this.#board, link }),
    ).catch(() => set({ ...this.#board, link: 'lost' }))
    return ending
  }
}

const store = new BoardStore()

/** The board, live. */
export function useBoard(): Board {
  return useSyncExternalStore(
    listener => store.subscribe(listener),
    () => store.board,
  )
}
