"""One module a category: numbers drawn by chance in, a painted shape out.

+Y up, front toward +Z, one to two units large. The first function of a module picks the kind by the shape's number;
grays lie within [35, 250], so that a lit part is neither lost in black nor in a white background.
"""
