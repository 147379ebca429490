import { Copy } from "lucide-react"
import { useEffect, useState } from "react"

import { api } from "../api/client.ts"
import { say } from "../state/toasts.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Sheet } from "./sheet.tsx"

interface Drawing {
  readonly size: number
  readonly path: string
}

/** One's own contact link, to be scanned or copied. */
export function ContactLinkDialog({ close }: { readonly close: () => void }) {
  const text = useText()
  const [link, setLink] = useState("")
  const [drawing, setDrawing] = useState<Drawing | "too long">()

  useEffect(() => {
    let current = true
    act(text.link.failed, async () => {
      const answer = await api.ownLink()
      if (!current) return
      setLink(answer.link)
      const drawn = await drawQr(answer.link)
      if (current) setDrawing(drawn)
    })
    return () => {
      current = false
    }
  }, [text])

  return (
    <Sheet title={text.link.title} open close={close} description={text.link.hint}>
      {drawing === "too long" && <p className="quiet-note">{text.link.tooLong}</p>}
      {drawing !== undefined && drawing !== "too long" && (
        <svg
          className="qr"
          viewBox={`-4 -4 ${drawing.size + 8} ${drawing.size + 8}`}
          role="img"
          aria-label={text.link.qr}
        >
          <rect className="qr-paper" x="-4" y="-4" width={drawing.size + 8} height={drawing.size + 8} />
          <path className="qr-ink" d={drawing.path} />
        </svg>
      )}
      <textarea
        className="input mono link-text"
        dir="ltr"
        readOnly
        rows={3}
        aria-label={text.link.label}
        value={link}
      />
      <footer className="sheet-foot">
        <button
          className="button primary"
          type="button"
          disabled={link === ""}
          onClick={() =>
            act(text.link.failed, async () => {
              await navigator.clipboard.writeText(link)
              say(text.copied)
            })
          }
        >
          <Copy size={16} aria-hidden="true" />
          {text.link.copy}
        </button>
      </footer>
    </Sheet>
  )
}

/** What a QR code of the lowest redundancy holds, in bytes. */
const MOST = 2953

async function drawQr(content: string): Promise<Drawing | "too long"> {
  if (content.length > MOST) return "too long"
  const { create } = await import("qrcode")
  const { modules } = create(content, { errorCorrectionLevel: content.length > 1200 ? "L" : "M" })
  const strokes: string[] = []
  for (let row = 0; row < modules.size; row += 1) {
    for (let column = 0; column < modules.size; column += 1) {
      if (modules.get(row, column)) strokes.push(`M${column} ${row}h1v1h-1z`)
    }
  }
  return { size: modules.size, path: strokes.join("") }
}
