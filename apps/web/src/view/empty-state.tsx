import type { ReactNode } from "react"

interface Props {
  readonly title?: string
  readonly sentence: string
  readonly children?: ReactNode
}

/** One line drawing, one sentence, one action. */
export function EmptyState({ title, sentence, children }: Props) {
  return (
    <div className="empty">
      <svg className="empty-drawing" viewBox="0 0 160 72" width="160" height="72" aria-hidden="true">
        <path d="M4 56 C40 50 60 60 156 52" />
        <path d="M70 54 C74 49 79 48 84 50 L92 46 L89 52 C88 56 80 57 75 55" />
        <path d="M80 56 L79 61 M84 56 L84 61" />
        <path d="M112 22 C115 19 118 20 120 23 C122 19 126 18 129 19" />
        <path d="M134 34 C136 32 138 33 139 35 C141 32 143 32 145 32" />
        <path d="M94 14 C96 12 98 13 99 15 C101 12 103 12 105 12" />
      </svg>
      {title !== undefined && <h2 className="empty-title">{title}</h2>}
      <p>{sentence}</p>
      {children}
    </div>
  )
}
