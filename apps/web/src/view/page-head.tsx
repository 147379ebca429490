import type { ReactNode } from "react"

interface Props {
  readonly title: string
  readonly lead?: string
  readonly children?: ReactNode
}

export function PageHead({ title, lead, children }: Props) {
  return (
    <header className="page-head">
      <div className="page-head-text">
        <h1 className="screen-title">{title}</h1>
        {lead !== undefined && <p className="lead">{lead}</p>}
      </div>
      {children !== undefined && <div className="page-actions">{children}</div>}
    </header>
  )
}
