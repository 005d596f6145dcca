"""Making synthetic plates in the window: sliders, a preview, the making itself."""
