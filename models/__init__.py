"""Facts: one module per noun. Importing the package maps every model in it, so a new file needs no list."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
