import type { ReactNode } from "react"

interface Props {
  readonly label: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly key: string | number; readonly cells: readonly ReactNode[] }[]
}

/** A table that scrolls inside itself where the screen is narrow; the first cell heads its row. */
export function Table({ label, columns, rows }: Props) {
  return (
    // Focusable, so that the keyboard can scroll it.
    <div className="table-frame" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [head, ...others] }) => (
            <tr key={key}>
              <th scope="row">{head}</th>
              {others.map((cell, index) => (
                <td key={columns[index + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
