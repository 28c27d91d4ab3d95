import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Annotation, Compartment, EditorState, type Extension, type Text } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { type JSX, useCallback, useEffect, useRef } from 'react'
import { fileText } from '../../text.ts'
import { CodeFrame } from '../../ui/code/code-frame.tsx'
import { codeLook } from '../../ui/code/code-look.ts'
import { loadLanguage } from '../../ui/code/languages-table.ts'
import { changeBetween } from './change-between.ts'

interface TextEditorProps {
  readonly path: string
  /** What it shows; another one takes the place of what is there, where the two differ. */
  readonly doc: Text
  readonly separator: string
  readonly readOnly: boolean
  /** Called with each change that somebody types. */
  readonly onChange: (doc: Text) => void
}

/** A change that came from the workspace and not from the keyboard. */
const fromOutside = Annotation.define<boolean>()

/** An editor for one text. */
export function TextEditor({ path, doc, separator, readOnly, onChange }: TextEditorProps): JSX.Element {
  const latest = useRef({ doc, onChange })
  latest.current = { doc, onChange }
  const shown = useRef<EditorView>(undefined)
  const mount = useCallback(
    (root: ShadowRoot): (() => void) => {
      const language = new Compartment()
      const extensions = [
        codeLook,
        language.of([]),
        editing(path, readOnly),
        EditorState.lineSeparator.of(separator),
        EditorView.updateListener.of(({ docChanged, state, transactions }) => {
          const isTyped = !transactions.some(each => each.annotation(fromOutside))
          if (docChanged && isTyped) latest.current.onChange(state.doc)
        }),
      ]
      const view = new EditorView({
        parent: root,
        root,
        state: EditorState.create({ doc: latest.current.doc, extensions }),
      })
      shown.current = view
      loadLanguage(path).then(
        found => {
          if (found && shown.current === view) view.dispatch({ effects: language.reconfigure(found) })
        },
        () => undefined, // the text stands there without colours
      )
      return () => {
        shown.current = undefined
        view.destroy()
      }
    },
    [path, separator, readOnly],
  )
  useEffect(() => {
    const view = shown.current
    const change = view && changeBetween(view.state.doc, doc)
    if (change) view.dispatch({ changes: change, annotations: fromOutside.of(true) })
  }, [doc])
  return <CodeFrame mount={mount} />
}

function editing(path: string, readOnly: boolean): Extension {
  const label = readOnly ? path : `${path}. ${fileText.files.editorHint}`
  const always = [
    lineNumbers(),
    highlightSpecialChars(),
    codeFolding(),
    foldGutter(),
    bracketMatching(),
    highlightSelectionMatches(),
    search({ top: true }),
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({
      'aria-label': label,
      tabindex: '0',
      ...(readOnly ? { 'aria-readonly': 'true' } : {}),
    }),
  ]
  const keys = [...searchKeymap, ...historyKeymap, ...foldKeymap, ...defaultKeymap]
  if (readOnly) return [always, keymap.of(keys)]
  return [
    always,
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of('  '),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    keymap.of([...keys, indentWithTab]),
  ]
}
