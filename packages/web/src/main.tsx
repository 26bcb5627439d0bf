// The dashboard's entry: the libraries set up once, then the pages.
import { QueryClientProvider } from '@tanstack/react-query';
import { Tooltip } from 'radix-ui';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import * as z from 'zod';
import { queryClient } from './lib/query.ts';
import { router } from './routes.tsx';
import './styles.css';
import { Toaster } from './ui/toast.tsx';

// The policy on content forbids code made at run time, which zod would otherwise make.
z.config({ jitless: true });

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element #root to draw into.');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider delayDuration={350} skipDelayDuration={200}>
        <RouterProvider router={router} />
        <Toaster />
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
