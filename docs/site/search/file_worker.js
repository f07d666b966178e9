// SPDX-License-Identifier: Apache-2.0
// A worker for pages that were opened as files: browsers refuse real workers there. The script of the worker runs in a
// hidden frame, whose postMessage goes to the page.
window.Worker = class extends EventTarget {
  constructor(address) {
    super()
    this.frame = document.createElement("iframe")
    this.frame.hidden = true
    document.body.appendChild(this.frame)
    const inside = this.frame.contentWindow
    inside.document.open()
    inside.document.write("<!doctype html><body></body>")
    inside.document.close()
    inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", {data}))
    const script = inside.document.createElement("script")
    this.ready = new Promise(loaded => { script.onload = loaded })
    script.src = new URL(address, location.href)
    inside.document.body.appendChild(script)
  }

  postMessage(data) {
    this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", {data})))
  }

  terminate() {
    this.frame.remove()
  }
}
