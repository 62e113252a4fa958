// shader
