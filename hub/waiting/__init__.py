"""What happens because time passes: ladders climb, silence ripens, modes end."""
