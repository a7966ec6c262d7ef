"""Files of other systems in one step: what they look like and where everything of them goes, as data."""

from importers.recipes.recipe import Recipe, loadable, recipe_named, recipes, recognise

__all__ = ["Recipe", "loadable", "recipe_named", "recipes", "recognise"]
