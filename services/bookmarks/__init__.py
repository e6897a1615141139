"""Saved items: messages and files that a person wants to find again."""
