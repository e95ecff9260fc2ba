/** The look of a chart: its own background and colours for light and for dark, so that it is legible on any page. */

export const CHART_STYLE = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; fill: #57606a }
    .page { fill: #ffffff; stroke: #d0d7de }
    .heading { font-size: 17px; font-weight: 600; fill: #1f2328 }
    .legend { fill: #1f2328 }
    .grid { stroke: #d8dee4; stroke-width: 1 }
    .axis { stroke: #8c959f; stroke-width: 1 }
    .beyond { fill: #818b98; fill-opacity: .13 }
    .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
    .tail { stroke-width: 1.75; stroke-dasharray: 6 5 }
    .merchant { stroke: #0969da }
    .answer { stroke: #bc4c00 }
    .key { stroke: #57606a; stroke-width: 2 }
    path.area { stroke: none; fill-opacity: .1 }
    .dot { stroke-width: 2; fill: #ffffff }
    .merchant.area, .merchant.full { fill: #0969da }
    .answer.full { fill: #bc4c00 }
    .key.full { fill: #57606a }
    @media (prefers-color-scheme: dark) {
      text { fill: #9198a1 }
      .page { fill: #0d1117; stroke: #3d444d }
      .heading, .legend { fill: #f0f6fc }
      .grid { stroke: #2a313c }
      .axis { stroke: #656c76 }
      .key { stroke: #9198a1 }
      path.area { fill-opacity: .16 }
      .dot { fill: #0d1117 }
      .merchant { stroke: #58a6ff }
      .answer { stroke: #f0883e }
      .merchant.area, .merchant.full { fill: #58a6ff }
      .answer.full { fill: #f0883e }
      .key.full { fill: #9198a1 }
    }`;
