"""Measures how fast the kit grades and how large a class it carries.

It may import every room. No room imports it.
"""
