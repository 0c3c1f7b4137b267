"""The recipe's panel: every value of a training recipe with its help, the schedule as a curve, objectives and groups.

Edits one document through SetRecipe; knows nothing of torch nor of how a recipe is trained.
"""

from gui.recipe.recipe_panel import RecipePanel

__all__ = ["RecipePanel"]
