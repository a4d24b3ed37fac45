"""The language server: translates what the layers below know into LSP, one file a feature."""
