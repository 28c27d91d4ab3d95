import { defaultKeymap } from '@codemirror/commands'
import { goToNextChunk, goToPreviousChunk, MergeView, unifiedMergeView } from '@codemirror/merge'
import { search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view'
import { type JSX, useCallback } from 'react'
import { CodeFrame } from './code-frame.tsx'
import { codeLook } from './code-look.ts'
import { loadLanguage } from './languages-table.ts'

interface DiffViewProps {
  /** For the syntax. */
  readonly path: string
  readonly before: string
  readonly after: string
  readonly split: boolean
  /** What the two texts are, read aloud: before, after. */
  readonly labels: readonly [string, string]
}

/** Comparing two very different long texts word by word takes for ever: after that it goes by lines, in milliseconds. */
const DIFF = { scanLimit: 500, timeout: 300 }
const COLLAPSE = { margin: 3, minSize: 8 }

/** Two texts compared, one below or beside the other; `F8` and `Shift+F8` go from change to change. */
export function DiffView({ path, before, after, split, labels }: DiffViewProps): JSX.Element {
  const [first, second] = labels
  const mount = useCallback(
    (root: ShadowRoot): (() => void) => {
      let destroy: (() => void) | undefined
      let isGone = false
      const show = (language: Extension): void => {
        if (isGone) return
        destroy = split
          ? sideBySide(root, [before, first], [after, second], language)
          : unified(root, before, [after, second], language)
      }
      // First of all: lines that were deleted get their colours only when they are made.
      loadLanguage(path).then(
        language => show(language ?? []),
        () => show([]), // the text stands there without colours
      )
      return () => {
        isGone = true
        destroy?.()
      }
    },
    [path, before, after, split, first, second],
  )
  return <CodeFrame mount={mount} />
}

function unified(
  root: ShadowRoot,
  original: string,
  [doc, label]: readonly [string, string],
  language: Extension,
): () => void {
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc,
      extensions: [
        looking(label, language),
        unifiedMergeView({
          original,
          mergeControls: false,
          collapseUnchanged: COLLAPSE,
          diffConfig: DIFF,
          // Of a file that is new or gone, everything is.
          highlightChanges: original !== '' && doc !== '',
          allowInlineDiffs: false,
        }),
      ],
    }),
  })
  return () => view.destroy()
}

function sideBySide(
  root: ShadowRoot,
  [a, labelA]: readonly [string, string],
  [b, labelB]: readonly [string, string],
  language: Extension,
): () => void {
  const merge = new MergeView({
    parent: root,
    root,
    a: { doc: a, extensions: looking(labelA, language) },
    b: { doc: b, extensions: looking(labelB, language) },
    collapseUnchanged: COLLAPSE,
    diffConfig: DIFF,
  })
  merge.dom.style.height = '100%'
  return () => merge.destroy()
}

function looking(label: string, language: Extension): Extension {
  return [
    codeLook,
    language,
    lineNumbers(),
    highlightSpecialChars(),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.lineWrapping,
    search({ top: true }),
    // What cannot be typed into has to be reached by the keyboard all the same, to be scrolled.
    EditorView.contentAttributes.of({ 'aria-label': label, role: 'textbox', 'aria-readonly': 'true', tabindex: '0' }),
    keymap.of([
      { key: 'F8', run: goToNextChunk },
      { key: 'Shift-F8', run: goToPreviousChunk },
      ...searchKeymap,
      ...defaultKeymap,
    ]),
  ]
}
