import { useSyncExternalStore } from "react"

/** Where this window is, as the fragment of its address says it. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "group"; readonly group: string; readonly inspector?: Inspector }
  | { readonly page: "people" }
  | { readonly page: "invitations" }
  | { readonly page: "entropy" }
  | { readonly page: "settings" }

export type Inspector = "members" | "timeline"

export function parseRoute(hash: string): Route {
  const [page = "", group, inspector] = hash.replace(/^#\/?/, "").split("/")
  switch (page) {
    case "g":
      if (!group) return { page: "home" }
      return inspector === "members" || inspector === "timeline"
        ? { page: "group", group, inspector }
        : { page: "group", group }
    case "people":
    case "invitations":
    case "entropy":
    case "settings":
      return { page }
    default:
      return { page: "home" }
  }
}

export function hrefOf(route: Route): string {
  switch (route.page) {
    case "home":
      return "#/"
    case "group":
      return `#/g/${route.group}${route.inspector ? `/${route.inspector}` : ""}`
    case "people":
    case "invitations":
    case "entropy":
    case "settings":
      return `#/${route.page}`
  }
}

export function go(route: Route): void {
  location.hash = hrefOf(route)
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => location.hash))
}

function subscribe(changed: () => void): () => void {
  addEventListener("hashchange", changed)
  return () => removeEventListener("hashchange", changed)
}
