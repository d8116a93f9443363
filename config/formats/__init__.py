"""How dates are written in each language (`FORMAT_MODULE_PATH`): 25.11.2026 in German.

Forms of Django's letters that templates name are looked up here too, by themselves: a language
that has none of its own writes them as they are.
"""
